// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What an owner may do in person or by signature
/// @notice All signatures of the suite are EIP-712 typed data in one domain, that of the NumberRegistry (name "telsdk",
///         version "1", this chain, the registry's address). Each contract has structs of its own, so that a signature
///         made for one means nothing to another, and each contract counts the nonces of each signer itself.
interface IOwnerSigned {
    /// @notice Only the owner of the number may do this. `owner` is zero when nobody holds it.
    /// @param number The number.
    /// @param caller The account that called.
    /// @param owner The account that holds the number; zero when nobody does.
    error NotOwner(uint256 number, address caller, address owner);

    /// @notice The signature came after its deadline.
    /// @param deadline Until when the signature was good, in seconds since 1970.
    /// @param time What the chain's clock says, in seconds since 1970.
    error SignatureExpired(uint256 deadline, uint256 time);

    /// @notice The expected signer did not sign this: another key, number, epoch, nonce, chain or value was signed.
    /// @param signer The account that should have signed.
    /// @param digest The EIP-712 digest that it should have signed.
    error InvalidSignature(address signer, bytes32 digest);

    /// @notice No signature of `signer` for this contract with `nonce` holds any longer: one was used, or the signer
    ///         took them back.
    /// @dev A reader may assume that each signer's nonces come in order, from 0 on and without a gap, and that
    ///      `nonces(signer)` is `nonce + 1` until the next of these events.
    /// @param signer The account whose nonce was used.
    /// @param nonce The nonce that was used.
    event NonceUsed(address indexed signer, uint256 nonce);

    /// @notice Gives the nonce that the next signature of `signer` for this contract must carry.
    /// @param signer The account that is going to sign.
    /// @return The nonce, counted from 0.
    function nonces(address signer) external view returns (uint256);

    /// @notice Takes back whatever the caller signed with the current nonce for this contract.
    function cancelNonce() external;
}

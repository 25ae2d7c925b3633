// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What an owner may do himself or by signature
/// @notice All signatures of the suite are EIP-712 typed data in one domain, that of the NumberRegistry (name "telsdk",
///         version "1", this chain, the registry's address). Each contract has structs of its own, so that a signature
///         made for one means nothing to another, and counts the nonces of each signer itself.
interface IOwnerSigned {
    /// @notice Only the owner of `number` may do this. `owner` is zero when nobody holds the number.
    error NotOwner(uint256 number, address caller, address owner);

    /// @notice The signature was good until `deadline`; the chain's clock says `time`. Both in seconds since 1970.
    error SignatureExpired(uint256 deadline, uint256 time);

    /// @notice `digest` was not signed by `signer`: another key, number, epoch, nonce, chain or value was signed.
    error InvalidSignature(address signer, bytes32 digest);

    /// @notice No signature of `signer` with `nonce` holds any longer: one was used, or he took them back. The next nonce
    ///         is one more.
    event NonceUsed(address indexed signer, uint256 nonce);

    /// @notice The nonce that the next signature of `signer` for this contract must carry.
    function nonces(address signer) external view returns (uint256);

    /// @notice Takes back the caller's signature with the current nonce, if he gave one to somebody.
    function cancelNonce() external;
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC5646} from "./IERC5646.sol";
import {IOwnerSigned} from "./IOwnerSigned.sol";

/// @title Who holds which number
/// @notice ERC-721; the token id is the number's integer value. A number is 5 to 15 decimal digits, the first not 0.
///         Nobody can pause, upgrade or seize: the linker's one call fixes the other contracts for ever.
interface INumberRegistry is IERC4906, IERC5646, IOwnerSigned {
    /// @notice Not a number: fewer than 5 or more than 15 digits.
    /// @param number The integer that was given.
    error NotANumber(uint256 number);

    /// @notice Only the registrar mints. It is zero until the registry is linked.
    /// @param caller The account that called.
    /// @param registrar The registrar; zero until linked.
    error NotRegistrar(address caller, address registrar);

    /// @notice Only the alias contract may say that a name changed.
    /// @param caller The account that called.
    /// @param nameAlias The alias contract; zero until linked.
    error NotNameAlias(address caller, address nameAlias);

    /// @notice Only the linker may link.
    /// @param caller The account that called.
    /// @param linker The account that may.
    error NotLinker(address caller, address linker);

    /// @notice The registry is linked once and never again.
    error AlreadyLinked();

    /// @notice One of the contracts to link is zero.
    error ZeroLink();

    /// @notice The recipient holds the number already: there is nothing to move.
    /// @param number The number.
    /// @param to The recipient.
    error AlreadyHolds(uint256 number, address to);

    /// @notice The contracts that belong to this registry, from now on and for ever.
    /// @dev A reader may assume that this comes once in the life of a registry, before its first Transfer.
    /// @param registrar The contract that mints.
    /// @param nameAlias The contract of names.
    /// @param records The contract of records.
    /// @param market The market.
    // Logged once in the life of a registry: nobody searches for it by address.
    // slither-disable-next-line unindexed-event-address
    event Linked(address registrar, address nameAlias, address records, address market);

    /// @notice `number` changed hands and entered `epoch`: whatever was recorded in an earlier epoch is void.
    /// @dev A reader may assume that the first epoch is 1 and that each one is one more than the last; that this comes
    ///      with every Transfer but that of a move, in the same transaction; and that the session counter stays.
    /// @param number The number.
    /// @param epoch Its epoch from now on.
    event EpochAdvanced(uint256 indexed number, uint64 epoch);

    /// @notice All sessions of `number` that were delegated under an earlier session counter are void.
    /// @dev A reader may assume that the counter was 0 before the first of these events, that each one is one more
    ///      than the last, and that epoch and records stay.
    /// @param number The number.
    /// @param session Its session counter from now on.
    event SessionsRevoked(uint256 indexed number, uint64 session);

    /// @notice The owner took `number` from their account `from` to their account `to`: epoch and records stay.
    /// @dev A reader may assume that this follows a Transfer of the same number, `from` and `to` in the same
    ///      transaction, that no EpochAdvanced comes with it, and that approvals and listings of the number are void.
    /// @param number The number.
    /// @param from The account that held it.
    /// @param to The account that holds it now, which consented by a signature.
    event Moved(uint256 indexed number, address indexed from, address indexed to);

    /// @notice Fixes the other contracts of the suite. Once, by the linker.
    /// @dev Reverts with NotLinker, AlreadyLinked or ZeroLink.
    /// @param registrar The contract that mints.
    /// @param nameAlias The contract of names.
    /// @param records The contract of records.
    /// @param market The market.
    // The parameters are named as the getters that say the same afterwards.
    // slither-disable-next-line shadowing-local
    function link(address registrar, address nameAlias, address records, address market) external;

    /// @notice Gives a number that nobody holds its first owner. The registrar's call.
    /// @dev Reverts with NotRegistrar, NotANumber, ERC721InvalidSender when somebody holds the number, or
    ///      ERC721InvalidReceiver when `to` is zero. A contract is not asked whether it takes the number.
    /// @param to The first owner.
    /// @param number The number.
    function mint(address to, uint256 number) external;

    /// @notice Emits ERC-4906's MetadataUpdate, because the card shows the name. The alias contract's call.
    /// @dev Reverts with NotNameAlias.
    /// @param number The number whose name changed.
    function refreshMetadata(uint256 number) external;

    /// @notice Ends all sessions of a number; its records stay. The owner's call.
    /// @dev Reverts with NotOwner.
    /// @param number The number.
    function revokeSessions(uint256 number) external;

    /// @notice Ends all sessions of a number, by the owner's signature. Anyone's call.
    /// @dev The owner signs
    ///      RevokeSessions(uint256 number,uint64 epoch,uint64 session,uint256 nonce,uint256 deadline),
    ///      where `session` is the counter that is to end. Reverts with SignatureExpired or InvalidSignature.
    /// @param number The number.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The owner's: 65 bytes by its key, or what its code takes (ERC-1271).
    function revokeSessionsFor(uint256 number, uint256 deadline, bytes calldata signature) external;

    /// @notice Takes a number to another account of its owner, and keeps the epoch, hence the records. The owner's own
    ///         call; approved accounts cannot make it.
    /// @dev The recipient consents by signing
    ///      Move(uint256 number,address from,address to,uint64 epoch,uint256 nonce,uint256 deadline) with a nonce of
    ///      its own: otherwise a seller could leave their own records in force for the buyer. Reverts with NotOwner,
    ///      AlreadyHolds, SignatureExpired or InvalidSignature.
    /// @param number The number.
    /// @param to The recipient.
    /// @param deadline Until when the signature is good, in seconds since 1970.
    /// @param signature The recipient's: 65 bytes by its key, or what its code takes (ERC-1271).
    function moveTo(uint256 number, address to, uint256 deadline, bytes calldata signature) external;

    /// @notice Says how often a number has changed hands.
    /// @param number The number.
    /// @return The epoch; 1 for the first owner, 0 when the number was never minted.
    function epochOf(uint256 number) external view returns (uint64);

    /// @notice Gives the session counter of a number.
    /// @param number The number.
    /// @return The counter; 0 until sessions are revoked for the first time.
    function sessionOf(uint256 number) external view returns (uint64);

    /// @notice Gives owner, epoch and session counter at once; zeros when nobody holds the number.
    /// @param number The number.
    /// @return owner The account that holds the number.
    /// @return epoch As `epochOf` gives it.
    /// @return session As `sessionOf` gives it.
    function custodyOf(uint256 number) external view returns (address owner, uint64 epoch, uint64 session);

    /// @notice Gives a value that stays as long as the market's right to sell the number does.
    /// @dev It differs from all that it was before after every change of owner (moves too), every `approve` of this
    ///      number, and every `setApprovalForAll` of its owner for the market.
    /// @param number The number.
    /// @return The value. It means nothing but that it is the same or another.
    function consentOf(uint256 number) external view returns (uint64);

    /// @notice Gives the separator of the suite's EIP-712 domain.
    /// @return The separator. It is another on a fork of the chain with an id of its own.
    // The name that ERC-2612 gave it, by which tools know it.
    // slither-disable-next-line naming-convention
    function DOMAIN_SEPARATOR() external view returns (bytes32);

    /// @notice Says which account may link.
    /// @return The account that the deployer named.
    function linker() external view returns (address);

    /// @notice Says which contract mints.
    /// @return The registrar; zero until linked.
    function registrar() external view returns (address);

    /// @notice Says which contract keeps the names.
    /// @return The alias contract; zero until linked.
    function nameAlias() external view returns (address);

    /// @notice Says which contract keeps the records.
    /// @return The contract of records; zero until linked.
    function records() external view returns (address);

    /// @notice Says which contract sells numbers.
    /// @return The market; zero until linked.
    function market() external view returns (address);
}
